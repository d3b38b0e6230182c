"""Numbers → what people and programs read."""
