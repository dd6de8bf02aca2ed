"""`make bench`: the pipeline beside `jieba.cut` and beside its peers, in one run on the same texts."""
