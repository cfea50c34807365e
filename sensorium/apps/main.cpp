// sensorium: everything that needs no LibTorch. Training is the other program's, which `sensorium train` runs.

#include "sensorium/apps/ask.h"
#include "sensorium/apps/caption.h"
#include "sensorium/apps/cca.h"
#include "sensorium/apps/classify.h"
#include "sensorium/apps/command.h"
#include "sensorium/apps/convert.h"
#include "sensorium/apps/data_bootstrap.h"
#include "sensorium/apps/data_clean.h"
#include "sensorium/apps/data_download.h"
#include "sensorium/apps/data_prepare.h"
#include "sensorium/apps/data_shard.h"
#include "sensorium/apps/data_stats.h"
#include "sensorium/apps/embed.h"
#include "sensorium/apps/evaluate_caption.h"
#include "sensorium/apps/evaluate_classify.h"
#include "sensorium/apps/evaluate_compare.h"
#include "sensorium/apps/evaluate_match.h"
#include "sensorium/apps/evaluate_retrieval.h"
#include "sensorium/apps/evaluate_robustness.h"
#include "sensorium/apps/fuse.h"
#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/match.h"
#include "sensorium/apps/mi.h"
#include "sensorium/apps/nmf.h"
#include "sensorium/apps/report.h"
#include "sensorium/apps/search.h"
#include "sensorium/apps/serve.h"
#include "sensorium/apps/svd.h"
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
       {"data bootstrap", "new captions by a captioner, wrong ones out by a filter", run_data_bootstrap},
       {"data shard", "a prepared folder's pictures into tar shards, and back", run_data_shard},
       {"data download", "fetch archives and lists of pictures, and say what is gone", run_data_download},
       {"train", "train a model on a manifest (sensorium train --help)", run_train},
       {"evaluate retrieval", "recall and ranks on a split, both directions", run_evaluate_retrieval},
       {"evaluate classify", "accuracy, calibration, confusion; labels in words or a model's own",
        run_evaluate_classify},
       {"evaluate caption", "captions against references: BLEU, METEOR, ROUGE-L, CIDEr", run_evaluate_caption},
       {"evaluate match", "whether a matching model tells captions from others", run_evaluate_match},
       {"evaluate compare", "whether two runs differ on the same items", run_evaluate_compare},
       {"evaluate robustness", "what noise, blur and missing parts cost", run_evaluate_robustness},
       {"embed", "turn pictures and texts into vectors", run_embed},
       {"caption", "say in words what is on pictures", run_caption},
       {"ask", "answer a question about pictures", run_ask},
       {"match", "say how well texts fit pictures", run_match},
       {"classify", "say what is on pictures", run_classify},
       {"search", "find pictures of a folder by words or by a picture", run_search},
       {"serve", "models over HTTP: an API, and a page for people", run_serve},
       {"index create", "an empty index for a model's vectors", run_index_create},
       {"index add", "pictures, data or vectors into an index; follow a folder", run_index_add},
       {"index remove", "items out of an index", run_index_remove},
       {"index search", "items of an index nearest to words, a picture or both", run_index_search},
       {"index stats", "what an index holds and takes", run_index_stats},
       {"index compact", "bring an index up to date and make it smaller", run_index_compact},
       {"index export", "the items of an index as JSON lines", run_index_export},
       {"index calibrate", "learn from a split how probable a match is", run_index_calibrate},
       {"cca", "directions in which views of the same items agree", run_cca},
       {"svd", "directions in which features or texts vary: SVD, PCA, LSA", run_svd},
       {"nmf", "nonnegative parts of features, of one or more modalities", run_nmf},
       {"mi", "mutual information: counts, labels, features, scores", run_mi},
       {"fuse", "one decision or ranking from several modalities", run_fuse},
       {"report", "one HTML page: figures, searches, classifications", run_report},
       {"convert", "checkpoints from other formats and layouts", run_convert},
       {"verify", "run reference cases against this build", run_verify}}};
  return run_program(program, argc, argv);
}
