# SPDX-License-Identifier: ISC
"""What tools/bench is made of: captures, programs, stages, growth, pictures, the page."""
