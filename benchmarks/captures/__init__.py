"""What it costs a caller that a prediction is captured, by each way to do it."""
