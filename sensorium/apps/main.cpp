// sensorium: everything that needs no LibTorch. Training is the other program's, which `sensorium train` runs.

#include "sensorium/apps/classify.h"
#include "sensorium/apps/command.h"
#include "sensorium/apps/convert.h"
#include "sensorium/apps/data_clean.h"
#include "sensorium/apps/data_download.h"
#include "sensorium/apps/data_prepare.h"
#include "sensorium/apps/data_shard.h"
#include "sensorium/apps/data_stats.h"
#include "sensorium/apps/embed.h"
#include "sensorium/apps/evaluate_retrieval.h"
#include "sensorium/apps/report.h"
#include "sensorium/apps/search.h"
#include "sensorium/apps/trainer.h"
#include "sensorium/apps/verify.h"

using namespace sensorium;

int main(int argc, char** argv) {
  const Program program{
      "sensorium",
      "One system for models of pictures and text: prepares data, trains, evaluates, searches.",
      {{"data prepare", "read captioned pictures into a manifest with splits", run_data_prepare},
       {"data clean", "leave out what is broken, doubtful or there twice", run_data_clean},
       {"data stats", "counts, lengths, sizes, words, languages; a page with plots", run_data_stats},
       {"data shard", "a prepared folder's pictures into tar shards, and back", run_data_shard},
       {"data download", "fetch archives and lists of pictures, and say what is gone", run_data_download},
       {"train", "train a model on a manifest (sensorium train --help)", run_train},
       {"evaluate retrieval", "recall and ranks on a split, both directions", run_evaluate_retrieval},
       {"embed", "turn pictures and texts into vectors", run_embed},
       {"classify", "say what is on pictures", run_classify},
       {"search", "find pictures of a folder by words or by a picture", run_search},
       {"report", "one HTML page: figures, searches, classifications", run_report},
       {"convert", "checkpoints from other formats and layouts", run_convert},
       {"verify", "run reference cases against this build", run_verify}}};
  return run_program(program, argc, argv);
}
