"""The least bank and the least Graph server, from the published contracts alone: what an outsider would bring.

They import nothing of offhold and nothing of offhold_demo.
"""
