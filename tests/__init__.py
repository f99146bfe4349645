"""Shipdate's specification, as tests: ``index/`` and ``bot/`` mirror the two halves."""
