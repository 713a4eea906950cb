"""What crosses a process border or serves two services; knows no service."""
