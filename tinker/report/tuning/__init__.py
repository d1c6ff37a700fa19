"""What a report says of the tuning that came before the comparison."""
