"""Borg in simulated time: five replicas, link shards, borglets, and a scheduler beside them."""
