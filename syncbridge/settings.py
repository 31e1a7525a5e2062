"""Every setting, each read from the environment here and nowhere else; the table is in README.md.

Without DATABASE_URL this is an evaluation on one machine: embedded servers, secrets generated below VAR_DIR, localhost
only, no HTTPS. With DATABASE_URL it is production: what must be chosen is asked for, and nothing is weak by default.
"""

import secrets
import uuid
from pathlib import Path
from typing import Any

import environ
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from syncbridge.kept import kept
from syncbridge.navigation import SIDEBAR

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where we are -----------------------------------------------------------------------------------------------------

# What an evaluation keeps: the embedded servers' data, generated secrets, the sandboxes' state.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).absolute()
# Error pages with tracebacks; for work on the code only.
DEBUG = env.bool("DEBUG", default=False)
# An evaluation generates what production must choose.
EVALUATION = DEBUG or "DATABASE_URL" not in env.ENVIRON
# This environment's id. A connection writes only where its confirmed id is this one: a copied database writes nothing.
INSTALLATION_ID = env.str("INSTALLATION_ID", **kept(EVALUATION, VAR_DIR / "installation-id", lambda: str(uuid.uuid4())))

# --- secrets ----------------------------------------------------------------------------------------------------------

# Signs sessions, and with SALT_KEY encrypts the connections' secrets.
SECRET_KEY = env.str("SECRET_KEY", **kept(EVALUATION, VAR_DIR / "secret-key", lambda: secrets.token_urlsafe(64)))
# Former values of SECRET_KEY, comma separated, still accepted for reading.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Encrypts the connections' secrets, with SECRET_KEY; several, comma separated: the first writes, all read.
SALT_KEY = env.list(
    "SALT_KEY", **kept(EVALUATION, VAR_DIR / "salt-key", lambda: secrets.token_urlsafe(32), list_of=True)
)

# --- the database and Redis -------------------------------------------------------------------------------------------

# PostgreSQL, e.g. postgres://user:password@host:5432/syncbridge. Unset: the embedded one.
if "DATABASE_URL" in env.ENVIRON:
    DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url("DATABASE_URL")}
else:
    DATABASES = {"default": {"ENGINE": "syncbridge.embedded", "NAME": "postgres", "USER": "postgres"}}
# The same database, as the owner of its tables; for ``manage.py migrate`` alone. Unset: one role does all.
DATABASE_OWNER = env.db_url("DATABASE_OWNER_URL") if "DATABASE_OWNER_URL" in env.ENVIRON else None
# Seconds a database connection is kept between requests.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Seconds a job may run. A sweep's time budget lies well inside; rq's own default of 180 is too short for a full page.
JOB_TIMEOUT = 900
# In the order workers take them: orders before catalogue before mirror refresh.
LANES = ("orders", "catalogue", "mirror")
# Redis or Valkey, e.g. redis://host:6379/0. Unset: the embedded one.
if "REDIS_URL" in env.ENVIRON:
    REDIS_URL = env.str("REDIS_URL")
    lanes: type[dict[str, dict[str, Any]]] = dict
else:
    from syncbridge.embedded import Lanes, valkey

    REDIS_URL = valkey.url(VAR_DIR)
    lanes = Lanes
RQ_QUEUES = lanes({lane: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": JOB_TIMEOUT} for lane in LANES})

# --- the web ----------------------------------------------------------------------------------------------------------

# The names under which the site is reached, comma separated.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", **({"default": ["localhost", "127.0.0.1", "[::1]"]} if EVALUATION else {}))
# Origins allowed to post forms when they differ from the host, e.g. https://sync.example.com behind a proxy.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The site is reached by HTTPS only: redirect, secure cookies, HSTS.
HTTPS = env.bool("HTTPS", default=not EVALUATION)
# Seconds browsers insist on HTTPS for this host after a visit.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=86400) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Believe the X-Forwarded-Proto of the proxy in front; only where every request passes that proxy.
if env.bool("TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# W021: whether the domain goes on the browsers' preload list is its owner's decision, not one application's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

ROOT_URLCONF = "syncbridge.urls"
WSGI_APPLICATION = "syncbridge.wsgi.application"
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "syncbridge",
    "connectors",
    "mappings",
    "staging",
    "import_export",
    "django_rq",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "syncbridge.signed_out.SignedOut",
    "syncbridge.audit.act.Acting",  # the last: it calls the view itself, within a transaction
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "syncbridge.icons.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
# The widgets' templates are found as all others are.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

STATIC_URL = "static/"
# Where `manage.py collectstatic` gathers the files that the web processes serve.
STATIC_ROOT = env.str("STATIC_ROOT", default=None if EVALUATION else str(BASE_DIR / "staticfiles"))
# An evaluation serves the files from where they are: nothing to collect.
WHITENOISE_USE_FINDERS = EVALUATION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EVALUATION
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- people -----------------------------------------------------------------------------------------------------------

# The language of pages for visitors whose browser asks for neither English nor French: en or fr.
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
# The catalogue of the templates too, which belong to no application.
LOCALE_PATHS = [BASE_DIR / "syncbridge" / "locale"]
# The zone in which staff read times; stored times are UTC.
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
# How days and times are written, the zone included.
FORMAT_MODULE_PATH = ["syncbridge.formats"]

# Seconds to wait for the mail server: a worker waits for it.
EMAIL_TIMEOUT = 15
# How mail leaves, e.g. smtp+tls://user:password@host:587. Unset: written to the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
# The sender of the alarms.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="syncbridge@localhost")
# Who gets the proof of each shop's yesterday by mail, comma separated. Unset: it is made, and mailed to nobody.
PROOF_RECIPIENTS: list[str] = env.list("PROOF_RECIPIENTS", default=[])

# How many days the requests and answers of an attempt are kept once Sage holds the document; before that, always.
ATTEMPTS_KEPT_DAYS = env.int("ATTEMPTS_KEPT_DAYS", default=90)

# The site's address as people reach it, for links in mails, e.g. https://sync.example.com. Unset: paths only.
PUBLIC_URL = env.str("PUBLIC_URL", default="")

# Importing a mapping table changes it; exporting shows it.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

# --- the look ---------------------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "syncbridge",
    "SITE_HEADER": "syncbridge",
    "SITE_SYMBOL": "sync_alt",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("syncbridge/icon.svg")}],
    "SHOW_LANGUAGES": True,
    "STYLES": [lambda request: static("syncbridge/back-office.css")],
    "SCRIPTS": [lambda request: static("syncbridge/keys.js")],
    "DASHBOARD_CALLBACK": "syncbridge.dashboard.start",
    "SIDEBAR": SIDEBAR,
    "COMMAND": {"search_callback": "syncbridge.navigation.find"},
    "COLORS": {
        "primary": {
            "50": "#eff6ff",
            "100": "#dbeafe",
            "200": "#bfdbfe",
            "300": "#93c5fd",
            "400": "#60a5fa",
            "500": "#3b82f6",
            "600": "#1d4ed8",
            "700": "#1e40af",
            "800": "#1e3a8a",
            "900": "#172554",
            "950": "#0f172a",
        },
    },
}

# --- logging ----------------------------------------------------------------------------------------------------------

# The least level that is logged: DEBUG, INFO, WARNING, ERROR.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "masked": {"()": "syncbridge.logs.Masked", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "masked"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django's own handlers print tracebacks unmasked; everything goes through ours.
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
