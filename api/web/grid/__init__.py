"""Pages of many at once: the grid of one matter and many agencies, and the receipt of a recorded batch.

They stand on the forms and on the frame; what is recorded goes through `api/application/batches`.
"""
