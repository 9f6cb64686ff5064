"""A stand-in for the demand-side platform, for development and tests: `python -m pingpong.dsp.sandbox`.

It keeps everything in memory and knows nothing of the rest of pingpong. How to use it is in
docs/dsp-sandbox.md.
"""
