"""The settings: one frozen Struct read from the environment, all with a default that works for a newcomer."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the data lives and how the server is reached. Every field is `DOORSTEP_<NAME>` in the environment."""

    database_url: Annotated[str, Meta(pattern=r"^$|^postgres(ql)?://")] = ""
    """PostgreSQL 15 or later; empty: the embedded server under `data_dir`."""
    data_dir: Path = Path("data")
    """Embedded database, keys, printed cards."""
    public_url: Annotated[str, Meta(pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]+$(?!\n)")] = "http://localhost:8000"
    """What phones and printed codes use. At most 24 characters of host, so that the code stays small (version 4)."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8000
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    worker_inside: bool = True
    """Whether the server does what `doorstep worker` does too; false where that runs by itself."""
    pool_size: Annotated[int, Meta(ge=1, le=100)] = 8
    """Database connections of one worker."""
    tls_certificate: str = ""
    tls_key: str = ""
    root_key: str = ""
    """32 bytes as base64; empty: made once in `data_dir`/keys/root.key. Several hosts must share it."""
    emergency_numbers: str = "12349,120,110"
    push_hosts: str = (
        "updates.push.services.mozilla.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
    )
    """Push services that may be called. Google's cannot be reached from the mainland; abroad add fcm.googleapis.com. An
    entry with a scheme (http://127.0.0.1:4443) is one exact origin that is trusted, wherever its address lies."""
    push_contact: Annotated[
        str, Meta(pattern=r"^$|^mailto:[^@\s]+@[\w-]+(\.[\w-]+)+$(?!\n)|^https://[\w-]+(\.[\w-]+)+$(?!\n)")
    ] = ""
    """Whom a push service may write to; empty: the public address."""
    gateway_url: Annotated[str, Meta(pattern=r"^$|^https?://[^\s]+$(?!\n)")] = ""
    """Where text messages (SMS, WeCom) are handed in; empty: there is no such gateway."""
    gateway_secret: str = ""
    """Signs what is handed in there."""

    @property
    def keys_dir(self) -> Path:
        """Private keys, readable by the owner only."""
        return self.data_dir / "keys"

    @property
    def secure(self) -> bool:
        """Whether the public address is HTTPS: cookies are then marked Secure."""
        return self.public_url.lower().startswith("https://")


class SettingInvalid(ValueError):
    """An environment variable has a value that cannot be used."""


def from_environment(environment: dict[str, str] | None = None) -> Settings:
    """Reads `DOORSTEP_*`; an unknown or unusable variable is an error that names it."""
    source = dict(os.environ if environment is None else environment)
    given = {
        key.removeprefix("DOORSTEP_").lower(): value for key, value in source.items() if key.startswith("DOORSTEP_")
    }
    unknown = sorted(set(given) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingInvalid("unknown setting: " + ", ".join(f"DOORSTEP_{name.upper()}" for name in unknown))
    try:
        return msgspec.convert(given, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        raise SettingInvalid(f"DOORSTEP_{place.rstrip('`').upper()}: {reason}") from error


def to_environment(settings: Settings) -> dict[str, str]:
    """The inverse: what a process needs in its environment to have the same settings."""
    return {f"DOORSTEP_{name.upper()}": str(value) for name, value in msgspec.structs.asdict(settings).items()}
