"""The embedded servers: one per VAR_DIR whoever asks, back after a crash; no existing directory changes its mode."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, run
from sys import executable

import django_rq
import psycopg2
import pytest
import redis
from django.db import connection
from pytest_django import Settings

from syncbridge import embedded
from syncbridge.embedded import places, postgres, valkey

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def var(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A VAR_DIR of its own, with servers of its own, gone afterwards."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    yield settings.VAR_DIR
    embedded.erase()


def number_of_rows(url: str) -> int:
    connected = psycopg2.connect(url, options="-c synchronous_commit=on")
    with connected, connected.cursor() as cursor:
        cursor.execute(
            "create table if not exists kept (n int); insert into kept values (1); select count(*) from kept"
        )
        count: int = cursor.fetchone()[0]
    connected.close()
    return count


def test_a_real_postgresql_18_keeps_its_data_over_a_stop(var: Path) -> None:
    assert number_of_rows(embedded.database_url()) == 1
    embedded.stop()
    assert postgres.postmaster(var) is None
    assert number_of_rows(embedded.database_url()) == 2


def test_both_are_back_after_a_kill_with_stale_files_that_name_a_stranger(var: Path) -> None:
    url = embedded.database_url()
    bell = embedded.redis_url()
    assert number_of_rows(url) == 1
    for server in (postgres.postmaster(var), valkey.server(var)):
        assert server
        server.kill()
        server.wait(10)
    pid_file = postgres.home(var) / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    # The machine was started anew and the number now belongs to somebody else: us.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    assert number_of_rows(embedded.database_url()) == 2
    with redis.Redis.from_url(embedded.redis_url()) as client:
        assert client.ping()
    assert (embedded.database_url(), embedded.redis_url()) == (url, bell)


def test_a_postgresql_whose_data_was_deleted_makes_way_for_a_new_one(var: Path) -> None:
    number_of_rows(embedded.database_url())
    run(["rm", "-rf", str(postgres.home(var))], check=True)
    (var / "postgres").unlink(missing_ok=True)
    assert number_of_rows(embedded.database_url()) == 1


def test_processes_that_come_at_once_share_one_server(var: Path) -> None:
    script = (
        "import django; django.setup(); from syncbridge import embedded as e; print(e.database_url(), e.redis_url())"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "syncbridge.settings", "VAR_DIR": str(var)}
    environment.pop("DATABASE_URL", None)
    environment.pop("REDIS_URL", None)
    started = [Popen([executable, "-c", script], cwd=PROJECT, env=environment, stdout=PIPE) for _ in range(4)]
    answers = {process.communicate(timeout=90)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(answers) == 1
    assert (var / "secret-key").stat().st_mode & 0o777 == 0o600


def test_asking_for_help_starts_nothing(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    environment["VAR_DIR"] = str(tmp_path / "var")
    for words in (["--help"], ["check"]):
        run([executable, "manage.py", *words], cwd=PROJECT, env=environment, check=True, stdout=DEVNULL, stderr=DEVNULL)
    assert not list((tmp_path / "var").glob("postgres*"))
    assert not (tmp_path / "var" / "redis" / "redis.sock").exists()


def test_no_mode_changes_and_a_private_home_stays_private(tmp_path: Path, settings: Settings) -> None:
    home = tmp_path / "home"
    var = home / "project" / "var"
    var.mkdir(parents=True)
    home.chmod(0o700)
    above = [home, *home.parents, *Path(postgres.__file__).parents, *Path(psycopg2.__file__).parents]
    before = {path: path.stat().st_mode for path in above}
    settings.VAR_DIR = var
    try:
        assert number_of_rows(embedded.database_url()) == 1
        assert {path: path.stat().st_mode for path in above} == before
        assert (os.geteuid() == 0) == (var / "postgres").is_symlink()
    finally:
        embedded.erase()
    assert not list(var.glob("postgres*/"))


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path, settings: Settings) -> None:
    var = tmp_path / ("long" * 20) / "var"
    var.mkdir(parents=True)
    settings.VAR_DIR = var
    try:
        assert number_of_rows(embedded.database_url()) == 1
        with redis.Redis.from_url(embedded.redis_url()) as client:
            assert client.ping()
        outside = (var / "redis").resolve()
        assert outside.parent == places.OUTSIDE.resolve()
        assert outside.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.erase()
    assert not outside.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account's programs")
def test_programs_that_nobody_cannot_read_are_copied_once(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_readable", lambda tree: False)
    assert number_of_rows(embedded.database_url()) == 1
    server = postgres.postmaster(var)
    assert server
    assert Path(server.cmdline()[0]).is_relative_to(next(var.glob("postgres-programs-*")).resolve())


def test_a_process_of_a_test_works_on_the_tests_own_database_and_lanes(
    environment: Callable[..., dict[str, str]], bells: None
) -> None:
    script = (
        "import django, django_rq; django.setup(); from django.db import connection as c; c.ensure_connection();"
        "q = django_rq.get_queue('orders'); q.enqueue(print); print(c.settings_dict['NAME'])"
    )
    said = run([executable, "-c", script], cwd=PROJECT, env=environment(), check=True, capture_output=True, text=True)
    assert said.stdout.split()[-1] == connection.settings_dict["NAME"]
    assert connection.settings_dict["NAME"].startswith("test_")
    assert len(django_rq.get_queue("orders")) == 1
