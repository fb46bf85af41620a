"""What the replication asks: one folder a study, and what they share."""
