#include "sensorium/serve/service.h"

#include "sensorium/base/threads.h"

#include <algorithm>

namespace sensorium {
namespace {

BatcherOptions batcher_options(const ServeOptions& o) {
  BatcherOptions b;
  b.max_queue = static_cast<size_t>(o.max_queue);
  b.budget_s = o.budget_s;
  return b;
}

/// Holds one of the slots for as long as it lives.
class Slot {
 public:
  explicit Slot(std::counting_semaphore<>& slots) : slots_(slots) { slots_.acquire(); }
  ~Slot() { slots_.release(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  std::counting_semaphore<>& slots_;
};

}  // namespace

Service::Service(const ServeOptions& o)
    : options(o),
      models(options),
      admission(read_api_keys(options.keys), options.origins),
      batcher(batcher_options(options), metrics),
      decoders_(available_processors()) {
  metrics.add_gauge("sensorium_queue_items", "Pictures, texts and other work that wait.",
                    [this] { return static_cast<double>(batcher.queued()); });
  metrics.add_gauge("process_resident_memory_bytes", "Memory in use.", resident_bytes);
  metrics.add_gauge("process_open_fds", "Files and connections that are open.", open_files);
  add_service_routes(*this);
  add_model_routes(*this);
  add_embedding_routes(*this);
  add_classify_routes(*this);
  add_chat_routes(*this);
  add_search_routes(*this);
  add_index_routes(*this);
  open_index_for(models.all());
  for (const auto& model : models.all()) warm_up(*model);
}

/// Does one item of each kind, so that the first requests are as quick as others, and their cost is known.
void Service::warm_up(const ServedModel& model) {
  RequestContext patient;
  if (model.pictures) {
    const auto item = std::make_shared<PixelItem>();
    item->pixels = model.processor->pixels(1);
    batcher.run(model.pictures, {item}, patient);
  }
  if (model.texts) encode_texts(model, {"a"}, patient);
}

void Service::open_index_for(const std::vector<std::shared_ptr<const ServedModel>>& loaded) {
  if (options.index.empty()) return;
  const auto embeds = std::find_if(loaded.begin(), loaded.end(), [](const auto& m) { return m->embedder.has_value(); });
  if (embeds == loaded.end())
    throw UsageError("sensorium serve", "expected a model that embeds with --index, got none of those that are loaded");
  std::lock_guard lock(index_mutex_);
  Searchable found{searchable_.index, *embeds};
  try {
    found.index = open_index(options.index, found.model->hash);
  } catch (const EnvironmentError&) {  // this server has it open: the same folder as before
    if (!found.index) throw;
    const std::string made_for = found.index->options().model_hash;
    if (!made_for.empty() && made_for != found.model->hash)
      throw InputError("sensorium serve", "{}: expected the model that the index was made for, {}, got {}",
                       place_name(options.index), made_for, found.model->hash);
  }
  searchable_ = std::move(found);
}

Service::Searchable Service::searchable() const {
  std::lock_guard lock(index_mutex_);
  if (!searchable_.index) throw ApiError(404, "expected a server with an index (--index), got one without", "no_index");
  return searchable_;
}

fs::path Service::picture_store() const {
  if (!options.picture_store.empty()) return options.picture_store;
  if (options.index.empty() || options.index.find("://") != std::string::npos) return {};
  return fs::path(options.index) / "pictures";
}

PictureInputOptions Service::picture_options() const {
  return {options.fetch, static_cast<uint64_t>(options.max_body_mb) << 20};
}

std::shared_ptr<BatchItem> Service::decode_picture(const ServedModel& model, const std::string& bytes,
                                                   const std::string& param) {
  auto item = std::make_shared<PixelItem>();
  item->pixels = model.processor->pixels(1);
  try {
    const Slot slot(decoders_);
    model.pipelines->run(std::as_bytes(std::span(bytes)), param, item->pixels.picture(0));
  } catch (const InputError& e) {
    throw ApiError(400, e.what(), "invalid_image", param);
  }
  return item;
}

std::vector<std::shared_ptr<BatchItem>> Service::prepare_pictures(const ServedModel& model,
                                                                  const std::vector<std::string>& pictures,
                                                                  const std::vector<std::string>& params,
                                                                  const RequestContext& context) {
  std::vector<std::shared_ptr<BatchItem>> items;
  for (size_t i = 0; i < pictures.size(); ++i) {
    context.check();
    const std::string bytes = read_picture(pictures[i], params[i], picture_options(), context);
    items.push_back(decode_picture(model, bytes, params[i]));
  }
  return items;
}

Rows Service::encode_pictures(const ServedModel& model, const std::vector<std::string>& pictures,
                              const std::vector<std::string>& params, const RequestContext& context) {
  if (pictures.empty()) return {};
  Batcher::Announcement announcement(batcher, model.pictures, pictures.size());
  const auto items = prepare_pictures(model, pictures, params, context);
  announcement.run(items, context);
  Rows rows;
  for (const auto& item : items) rows.push_back(std::move(static_cast<PixelItem&>(*item).row));
  return rows;
}

std::vector<float> Service::encode_picture(const ServedModel& model, const std::string& bytes, const std::string& param,
                                           const RequestContext& context) {
  Batcher::Announcement announcement(batcher, model.pictures, 1);
  const auto item = decode_picture(model, bytes, param);
  announcement.run({item}, context);
  return std::move(static_cast<PixelItem&>(*item).row);
}

Rows Service::encode_texts(const ServedModel& model, const std::vector<std::string>& texts,
                           const RequestContext& context) {
  std::vector<std::shared_ptr<BatchItem>> items;
  for (const std::string& text : texts) {
    auto item = std::make_shared<TextItem>();
    item->text = text;
    items.push_back(std::move(item));
  }
  batcher.run(model.texts, items, context);
  Rows rows;
  for (const auto& item : items) rows.push_back(std::move(static_cast<TextItem&>(*item).row));
  return rows;
}

void Service::call(const ServedModel& model, std::function<void()> call, const RequestContext& context) {
  auto item = std::make_shared<CallItem>();
  item->call = std::move(call);
  batcher.run(model.calls, {item}, context);
}

void Service::reload() {
  models.reload([this](const auto& loaded) {
    for (const auto& model : loaded) warm_up(*model);
    open_index_for(loaded);
  });
}

std::vector<std::string> numbered(const std::string& name, size_t n) {
  std::vector<std::string> names;
  for (size_t i = 0; i < n; ++i) names.push_back(fmt::format("{}[{}]", name, i));
  return names;
}

std::vector<std::string> strings_of(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  return found->get<std::vector<std::string>>();
}

}  // namespace sensorium
