"""Settings of one Forfait process, read from the environment and from `.env`.

The three addresses keep their usual names (DATABASE_URL, OWNER_DATABASE_URL, REDIS_URL) and
win over the embedded services when set; everything else begins with FORFAIT_. Settings are
read once, at the edge (the command line, the application, a worker), and handed down.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PEPPER_BYTES = 32


class ConfigurationMissing(Exception):
    """A setting that cannot be guessed is absent; the message names it and what to do."""


def default_home() -> Path:
    """Return the folder for what Forfait keeps on this machine.

    `./.forfait` in a checkout or wherever it exists already, so that a trial leaves nothing
    behind elsewhere; otherwise the user's XDG data folder. Without a home: the current folder.
    """
    here = Path.cwd()
    local = here / ".forfait"
    if local.exists() or (here / "core" / "embedded").is_dir():
        return local
    if explicit := os.environ.get("XDG_DATA_HOME"):
        return Path(explicit) / "forfait"
    if home := os.environ.get("HOME"):
        return Path(home) / ".local" / "share" / "forfait"
    return local


def _absolute(path: Path | None) -> Path | None:
    """Make a path hold in processes that start elsewhere."""
    return None if path is None else path.absolute()


def _listed(given: object) -> object:
    """Read names that are separated by commas, as an environment has them."""
    if not isinstance(given, str):
        return given
    return tuple(name.strip() for name in given.split(",") if name.strip())


class Settings(BaseSettings):
    """All settings with their defaults; frozen, so that what was read is what holds."""

    model_config = SettingsConfigDict(
        env_prefix="FORFAIT_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    # Addresses. Unset means: the embedded services.
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("database_url", "DATABASE_URL"), repr=False
    )
    owner_database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("owner_database_url", "OWNER_DATABASE_URL"),
        repr=False,
    )
    redis_url: str | None = Field(
        default=None, validation_alias=AliasChoices("redis_url", "REDIS_URL"), repr=False
    )

    # Place and identity.
    home: Path = Field(default_factory=default_home)
    pepper: SecretStr | None = None
    """Keys the digests of API keys; without it one is made in `home`."""

    # Identity of staff.
    oidc_issuers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Issuers of OpenID Connect whose tokens let staff in, once a seller has linked them:
    addresses as they stand in `iss`, separated by commas. No other address is ever asked."""

    # HTTP.
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    concurrency_limit: int = Field(default=200, ge=1)
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    max_upload_bytes: int = Field(default=268_435_456, ge=1024)
    max_websocket_bytes: int = Field(default=262_144, ge=1024)
    max_live_connections: int = Field(default=500, ge=1)
    """Sockets and event streams that one process holds open."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Origins whose pages may ask here, by requests and sockets; separated by commas."""
    cost_per_minute: int = Field(default=1_000_000, ge=0)
    """What the GraphQL requests of one tenant may cost together in a minute; 0: no limit."""
    trusted_documents: Path | None = None
    """A JSON file of `{hash: document}`, which requests may name by their hash."""
    only_trusted_documents: bool = False
    """Whether documents that are not in that file are refused."""

    # Database: pools and the bounds on every statement.
    pool_size: int = Field(default=10, ge=1)
    pool_overflow: int = Field(default=5, ge=0)
    pool_timeout_seconds: int = Field(default=5, ge=1)
    command_timeout_seconds: int = Field(default=15, ge=1)
    lock_timeout_ms: int = Field(default=3_000, ge=0)
    statement_timeout_ms: int = Field(default=10_000, ge=0)
    close_statement_timeout_ms: int = Field(default=60_000, ge=0)
    idle_in_transaction_timeout_ms: int = Field(default=15_000, ge=0)

    # Work in the background.
    worker_jobs: int = Field(default=10, ge=1)
    worker_poll_ms: int = Field(default=100, ge=1)
    enqueue_timeout_ms: int = Field(default=2_000, ge=1)
    close_chunk_size: int = Field(default=1_000, ge=1, le=2_500)
    plugin_timeout_seconds: int = Field(default=30, ge=1)
    plugins_dir: Annotated[Path | None, AfterValidator(_absolute)] = None
    """A folder of one-file plugins for trying out, beside those that are installed."""
    disabled_plugins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Plugins that are left out with all they contribute: `sms,fax`."""
    logged_providers: tuple[str, ...] = ("Nagra Media Live",)
    """Providers whose requests are written into the provisioning log, unless a plugin has a
    provisioner of that name."""
    simulated_payments: bool = False
    """Whether accounts in real time may pay by the gateway `test`, which moves no money."""

    # What is written about it.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    def given_addresses(self) -> dict[str, str]:
        """Return the addresses that are set, by their names in the environment.

        They reach us by `.env` too, so hand this to the embedded services, not `os.environ`.
        """
        given = {
            "DATABASE_URL": self.database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
            "REDIS_URL": self.redis_url,
        }
        return {name: address for name, address in given.items() if address}

    def key_pepper(self) -> bytes:
        """Return the secret that keys API key digests.

        Raises:
            ConfigurationMissing: the database is not ours and no pepper is set. Processes on
                other machines would each make their own, and refuse each other's keys.
        """
        if self.pepper is not None:
            return self.pepper.get_secret_value().encode()
        if self.database_url is not None:
            raise ConfigurationMissing(
                "DATABASE_URL is set, so set FORFAIT_PEPPER too: the same random text "
                "(32 characters or more) for every process on this database."
            )
        return read_or_create_secret(self.home / "pepper").encode()


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` are fields by name and win over the environment."""
    return Settings(**overrides)


def read_or_create_secret(path: Path) -> str:
    """Return the secret in `path`, making a random one, readable by its owner only, if absent.

    Two processes that start together agree: the loser of the race reads the winner's.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(PEPPER_BYTES))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
