"""BNS, the Borg name service: a task is called the same wherever it runs.

A client must find a task that may be on another machine tomorrow. So each task has a name of cell, user, job and index, and the Borgmaster
writes its present machine and port under this name into Chubby, a small store that a handful of replicas agree on. Clients ask there, or
ask DNS, which is fed from it. In Kubernetes one name for *all* tasks of a kind, with an address of its own, became the Service.

Our Chubby is the etcd of lessons 4 to 9: another store that a few replicas agree on.

Source: Verma et al., EuroSys 2015, section 2.6.
Left out: how the load is balanced over the tasks of a job; that is the client's business.
"""

from __future__ import annotations

from k8sedu.errors import K8sEduError
from k8sedu.etcd.mvcc import Store


class BnsError(K8sEduError, LookupError):
    """A name under which nothing runs."""


def bns_name(cell: str, user: str, job: str, index: int) -> str:
    """The name of a task.

    >>> bns_name("cc", "ubar", "jfoo", 50)
    '/bns/cc/ubar/jfoo/50'
    """
    return f"/bns/{cell}/{user}/{job}/{index}"


def dns_name(cell: str, user: str, job: str, index: int) -> str:
    """The same for DNS; the paper's own example.

    >>> dns_name("cc", "ubar", "jfoo", 50)
    '50.jfoo.ubar.cc.borg.google.com'
    """
    return f"{index}.{job}.{user}.{cell}.borg.google.com"


class NameService:
    """Where each task of a cell is just now.

    >>> names = NameService("cc")
    >>> names.register("ubar", "jfoo", 0, host="m1", port=31_000)
    >>> names.register("ubar", "jfoo", 0, host="m7", port=31_002)
    >>> names.find("ubar", "jfoo", 0), names.tasks("ubar", "jfoo")
    ('m7:31002', {'/bns/cc/ubar/jfoo/0': 'm7:31002'})
    """

    def __init__(self, cell: str) -> None:
        self.cell = cell
        self.store = Store()

    def register(self, user: str, job: str, index: int, *, host: str, port: int) -> None:
        """A task runs here now, whatever was before."""
        self.store.put(bns_name(self.cell, user, job, index), f"{host}:{port}")

    def find(self, user: str, job: str, index: int) -> str:
        """Machine and port of a task.

        Raises:
            BnsError: nothing of that name runs.
        """
        name = bns_name(self.cell, user, job, index)
        found = self._range(name)
        if name not in found:
            raise BnsError(f"nothing runs as {name}, expected the name of a task that does")
        return found[name]

    def tasks(self, user: str, job: str) -> dict[str, str]:
        """All tasks of a job: name → machine and port."""
        return self._range(f"/bns/{self.cell}/{user}/{job}/")

    def _range(self, prefix: str) -> dict[str, str]:
        found = self.store.range(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)).kvs
        return {kv.key.decode(): kv.value.decode() for kv in found}
