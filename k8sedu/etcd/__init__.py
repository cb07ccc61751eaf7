"""etcd: the store that remembers everything Kubernetes knows."""
