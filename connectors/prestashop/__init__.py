"""PrestaShop 8 and 9 over the webservice: read here, understood here, nothing changed."""
