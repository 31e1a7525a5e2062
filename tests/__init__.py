"""The proof, mirroring the modules; test_order_path.py is the story: read it first."""
