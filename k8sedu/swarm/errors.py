"""What Swarm answers when it cannot do what it was asked."""

from __future__ import annotations

from k8sedu.errors import K8sEduError


class SwarmError(K8sEduError, ValueError):
    """No host can take the container, a wish cannot be read, or something asked for is not there; where Swarm has words for it, Swarm's."""
