"""Measuring what the service understands: the commands `offhold eval …`. Nothing that serves customers imports it."""
