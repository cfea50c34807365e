#pragma once
// What the routes share: models, the batcher, counts, limits.

#include "sensorium/index/vector_index.h"
#include "sensorium/serve/admission.h"
#include "sensorium/serve/batcher.h"
#include "sensorium/serve/model_set.h"
#include "sensorium/serve/picture_input.h"
#include "sensorium/serve/router.h"

#include <semaphore>

namespace sensorium {

/// Rows of equal width, one an item.
using Rows = std::vector<std::vector<float>>;

/// Thread-safe once made.
class Service {
 public:
  /// Loads the models. Throws UsageError and InputError.
  explicit Service(const ServeOptions& options);

  const ServeOptions options;
  Metrics metrics;
  ModelSet models;
  Admission admission;
  Batcher batcher;
  Router router;
  std::atomic<bool> draining{false};

  PictureInputOptions picture_options() const;
  /// A picture's file as the model takes it; `param` is its name in errors. Throws ApiError.
  std::shared_ptr<BatchItem> decode_picture(const ServedModel& model, const std::string& bytes,
                                            const std::string& param);
  /// Decodes pictures (as read_picture takes them) for the model; `params` are their names in errors. Throws ApiError.
  std::vector<std::shared_ptr<BatchItem>> prepare_pictures(const ServedModel& model,
                                                           const std::vector<std::string>& pictures,
                                                           const std::vector<std::string>& params,
                                                           const RequestContext& context);
  /// What the model makes of pictures: unit vectors, or a classifier's logits.
  Rows encode_pictures(const ServedModel& model, const std::vector<std::string>& pictures,
                       const std::vector<std::string>& params, const RequestContext& context);
  /// The same of one picture's file.
  std::vector<float> encode_picture(const ServedModel& model, const std::string& bytes, const std::string& param,
                                    const RequestContext& context);
  Rows encode_texts(const ServedModel& model, const std::vector<std::string>& texts, const RequestContext& context);
  /// Does `call` on the batcher's thread, alone.
  void call(const ServedModel& model, std::function<void()> call, const RequestContext& context);
  /// The index and the model whose vectors are in it. Throws ApiError 404 where the server has no index.
  struct Searchable {
    std::shared_ptr<VectorIndex> index;
    std::shared_ptr<const ServedModel> model;
  };
  Searchable searchable() const;
  /// Where pictures that requests bring are kept: --picture-store, or beside the index; empty: nowhere.
  fs::path picture_store() const;
  /// Loads models and index anew. Throws what loading throws, and keeps the old.
  void reload();

 private:
  void warm_up(const ServedModel& model);
  void open_index_for(const std::vector<std::shared_ptr<const ServedModel>>& loaded);
  mutable std::mutex index_mutex_;
  Searchable searchable_;
  std::counting_semaphore<> decoders_;
};

/// "input[0]", "input[1]", ...
std::vector<std::string> numbered(const std::string& name, size_t n);
/// body[key] as a list of strings, where it may be a single one.
std::vector<std::string> strings_of(const Json& body, const char* key);

/// One file a group of routes.
void add_service_routes(Service& service);    // health, metrics, the document
void add_model_routes(Service& service);      // models
void add_embedding_routes(Service& service);  // embeddings, rerank
void add_classify_routes(Service& service);   // classify
void add_chat_routes(Service& service);       // chat completions
void add_search_routes(Service& service);     // search
void add_index_routes(Service& service);      // the index's items

}  // namespace sensorium
