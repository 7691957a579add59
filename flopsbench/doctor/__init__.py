"""What makes this machine noisy, and the commands that would change it. It reads and never changes anything."""
