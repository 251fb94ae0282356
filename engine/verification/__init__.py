"""Whether what worked before a run's fixes still works after them, tried out in a copy."""
