"""Settings in a process of their own: what production demands; the documented ones pass all checks."""

import os
from pathlib import Path
from subprocess import CompletedProcess, run
from sys import executable

import pytest

PROJECT = Path(__file__).parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgres://syncbridge:not-shown@db.example.com:5432/syncbridge",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "SECRET_KEY": "a-long-and-random-text-of-more-than-fifty-characters-0123456789",
    "SALT_KEY": "another-long-and-random-text",
    "INSTALLATION_ID": "production",
    "ALLOWED_HOSTS": "sync.example.com",
    "EMAIL_URL": "smtp+tls://bridge:not-shown@mail.example.com:587",
    "PUBLIC_URL": "https://sync.example.com",
}


def manage(var: Path, *words: str, **environment: str) -> CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "VAR_DIR": str(var)}
    return run(
        [executable, "manage.py", *words],
        cwd=PROJECT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_is_clean_with_the_documented_settings(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []  # production generates nothing


@pytest.mark.parametrize("name", ["SECRET_KEY", "SALT_KEY", "INSTALLATION_ID", "ALLOWED_HOSTS"])
def test_production_demands(name: str, tmp_path: Path) -> None:
    done = manage(tmp_path, "check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode
    assert f"Set the {name} environment variable" in done.stderr


def test_an_evaluation_needs_no_setting_and_says_that_it_is_none_for_production(tmp_path: Path) -> None:
    assert manage(tmp_path, "check").returncode == 0
    first = {path.name: path.read_text() for path in tmp_path.glob("*-*") if path.is_file()}
    assert set(first) == {"installation-id", "salt-key", "secret-key"}
    deploy = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert "syncbridge.W001" in deploy.stderr
    assert {name: (tmp_path / name).read_text() for name in first} == first


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("SALT_KEY", "short", "syncbridge.E001"), ("REDIS_URL", "unix:///run/redis.sock", "")],
)
def test_check_names_what_is_wrong(name: str, value: str, code: str, tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, name: value})
    assert code in done.stderr
    assert bool(done.returncode) == bool(code)
