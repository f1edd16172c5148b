"""Monitor: captures and feedback against the champion's baseline, a report, a decision."""
