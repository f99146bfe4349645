"""Tests of launches: products, mentions, claims, stages, timelines, statuses."""
