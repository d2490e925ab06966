"""What every store shares: opening, encryption at rest, group commit, the second place, the disk's faults."""
