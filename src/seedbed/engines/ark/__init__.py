"""The engine `ark`: the official Seedance service makes the videos."""
