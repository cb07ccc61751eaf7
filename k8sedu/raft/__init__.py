"""Raft: how a few servers that may crash agree on one log.

Read the files in this order:

1. `messages`, `log`, `quorum`, `membership` - the words: entries, messages, majorities, who belongs to the group
2. `rules`, `config`, `roles` - what is promised, the knobs, and the three roles as a table
3. `storage`, `ready` - what survives a crash, and what a server gives out
4. `state`, `election`, `replication`, `reading`, `transfer`, `node` - the server itself
5. `machine`, `frames`, `invariants` - what runs above the log, how a run is remembered, and what must always hold
"""
