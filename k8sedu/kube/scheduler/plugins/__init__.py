"""The plugins of kube-scheduler, one file each: filters, scores, and what happens after the choice."""
