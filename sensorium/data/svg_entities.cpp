#include "sensorium/data/svg_entities.h"

#include "sensorium/base/error.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <limits>
#include <memory>

namespace sensorium {
namespace {

struct Free {
  void operator()(xmlParserCtxt* p) const { xmlFreeParserCtxt(p); }
  void operator()(xmlDoc* p) const { xmlFreeDoc(p); }
  void operator()(xmlBuffer* p) const { xmlBufferFree(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void declare_internal(void* context, const xmlChar* name, int type, const xmlChar* public_id, const xmlChar* system_id,
                      xmlChar* content) {
  if (type == XML_INTERNAL_GENERAL_ENTITY) xmlSAX2EntityDecl(context, name, type, public_id, system_id, content);
}

}  // namespace

std::string without_entities(std::string_view bytes, std::string_view name) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    throw InputError("image", "{}: expected an SVG drawing of less than 2 GiB, got {} bytes", name, bytes.size());
  const Owned<xmlParserCtxt> context(xmlNewParserCtxt());
  if (!context) throw std::bad_alloc();
  context->sax->entityDecl = declare_internal;
  const Owned<xmlDoc> document(
      xmlCtxtReadMemory(context.get(), bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                        XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  xmlNode* const root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (!root) {
    std::string detail = context->lastError.message ? context->lastError.message : "no root element";
    if (const size_t line = detail.find('\n'); line != std::string::npos) detail.resize(line);
    throw InputError("image", "{}: expected an SVG drawing, got: {}", name, detail);
  }
  const Owned<xmlBuffer> text(xmlBufferCreate());
  if (!text || xmlNodeDump(text.get(), document.get(), root, 0, 0) < 0) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(xmlBufferContent(text.get())),
          static_cast<size_t>(xmlBufferLength(text.get()))};
}

}  // namespace sensorium
