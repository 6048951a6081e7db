"""All ways out together, as the worker uses them: push, the text gateway."""

import ssl
from collections.abc import Collection, Sequence
from uuid import UUID

from doorstep.identity.wire import Actor
from doorstep.reminders import push, sms, vapid
from doorstep.reminders.gateway import Lookup, Sender
from doorstep.reminders.ports import Sent, Target
from doorstep.settings import Settings


class Channels:
    """The ways out that the settings describe; see :class:`doorstep.reminders.ports.Channels`."""

    def __init__(self, settings: Settings, *, lookup: Lookup | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self.sender = Sender(settings, lookup=lookup, tls=tls)

    @property
    def has_gateway(self) -> bool:
        """Whether a gateway for text messages is set up."""
        return sms.is_set_up(self._settings)

    async def targets(self, actor: Actor, persons: Collection[UUID]) -> dict[UUID, list[Target]]:
        """Subscriptions in use: of caregivers, accounts, family members, or a provider's dispatchers and managers."""
        return await push.targets(actor, persons, await vapid.current(self._settings))

    async def apply(self, actor: Actor, results: Sequence[Sent]) -> None:
        """What the answers mean for the subscriptions, inside the current unit of work."""
        await push.record(actor, results)

    async def enqueue(self, actor: Actor, reminders: Collection[UUID]) -> None:
        """Leaves these to the gateway, inside the current unit of work; twice is once."""
        await sms.enqueue(actor, reminders)

    async def deliver(self) -> int:
        """One round of the gateway's own queue; answers how many messages it dealt with."""
        return await sms.deliver(self._settings)
