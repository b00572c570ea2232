"""What every request passes on its way in and out, outermost first: trace, errors, access."""
