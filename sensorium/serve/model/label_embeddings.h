#pragma once
// Zero-shot classification (Radford et al., "Learning transferable visual models from natural language supervision",
// 2021): labels as texts.

#include "sensorium/serve/model/embedder.h"

namespace sensorium {

/// A row a label: the mean over templates of the unit embeddings of "a photo of a {}" with the label in place of {},
/// normalised again (prompt ensembles, section 3.1.4). Throws UsageError for a template without {}.
std::vector<float> embed_labels(const Embedder& model, std::span<const std::string> labels,
                                std::span<const std::string> templates, int batch_size);

/// Probabilities of the labels for one picture's embedding: softmax (or, for SigLIP, sigmoid) of
/// scale * cosine + bias.
std::vector<double> label_probabilities(std::span<const float> picture, std::span<const float> labels,
                                        const LogitRule& rule);

/// The labels of a comma-separated list, or of a file with one a line if there is one of that name. Throws UsageError
/// when there are none.
std::vector<std::string> read_labels(const std::string& list_or_file);

}  // namespace sensorium
