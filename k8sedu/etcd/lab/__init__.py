"""etcd under the reader's hands: the store and leases to click on, and a terminal whose requests move the picture.

- `lab`: pick a request, see it walk through both trees, step back and try another one
- `lease_lab`: grant leases, hang keys on them, fall silent, take the leader away; step back and try something else
- `follow`: draw what somebody asks a served model with `curl`, while it happens
"""

from __future__ import annotations

from k8sedu.etcd.lab.leases import LeaseLaboratory, lease_lab
from k8sedu.etcd.lab.live import Followed, follow
from k8sedu.etcd.lab.store import SCENES, Laboratory, lab

__all__ = ["SCENES", "Followed", "Laboratory", "LeaseLaboratory", "follow", "lab", "lease_lab"]
