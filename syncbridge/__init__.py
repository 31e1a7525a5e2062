"""The project: settings, clock and checks that knit the three packages together; imported by none of them."""
