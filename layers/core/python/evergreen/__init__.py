"""Evergreen keeps machine-learning models fresh on serverless AWS."""
