"""Sandbox servers on localhost: a PrestaShop and a Sage 300 that keep state and share no code with the connectors."""
