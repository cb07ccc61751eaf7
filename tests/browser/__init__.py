"""What a reader sees and does, tried in a real browser."""
