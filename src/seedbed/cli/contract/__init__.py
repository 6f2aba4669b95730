"""The documented contract as a list of facts, and what it takes to ask any server whether it keeps them.

It talks HTTP alone and knows nothing of the server in this repository: another server, ours or not, is asked the same.
"""
