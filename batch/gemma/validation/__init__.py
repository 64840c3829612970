"""`gemma4-batch validate`: does this checkpoint see, hear, talk, and answer alike in any batch?"""
