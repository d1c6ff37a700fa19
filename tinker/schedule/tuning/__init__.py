"""The tuning of a grid's arms: which configurations are tried, which go on, which win. All of it rests on the store."""
