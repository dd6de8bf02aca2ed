"""`make bench`: the pipeline beside `jieba.cut` and beside its peers, in one run on the same texts."""

import os

# what counts is the work of one core: libraries that start threads of their own are told not to, before they are loaded
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
