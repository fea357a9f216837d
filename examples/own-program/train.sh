#!/bin/sh
# A training in a few lines of shell: the loss of a falling ball of wool. Its learning rate decides how fast
# it falls, and above 1 it never lands.
#   sweetspot tune --command 'sh train.sh {learning_rate}' --learning-rates 1e-3:10 --minimize loss
rate=$1
awk -v rate="$rate" 'BEGIN {
  loss = 1
  for (step = 1; step <= 50; ++step) {
    loss *= (1 - rate) * (1 - rate)
    if (loss > 1e6) { print "loss is too large" > "/dev/stderr"; exit 1 }
    printf "{\"step\": %d, \"loss\": %.6g}\n", step, loss + 1e-6
  }
}'
