"""Places a rate on a ladder of thousandfold steps, and beside published totals of compute."""
