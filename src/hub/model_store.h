// The models on this machine, under short names.
//
//   ROOT/manifests/NAME.json     one model: source, files, sizes, hashes
//   ROOT/blobs/sha256-HEX        a file's bytes, kept once however many models have it
//   ROOT/files/ID/PATH           links to the blobs, so that a model has its files' real names
//   ROOT/partial/, ROOT/locks/   downloads in progress
//
// A manifest appears by rename after everything it names is there and synced. Blobs are never
// changed. Any number of programs may use one store at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "hub/manifest.h"

namespace ganglion {

class ModelStore {
 public:
  // Touches no file: a store that does not exist is empty.
  explicit ModelStore(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path blob_path(std::string_view sha256) const;
  std::filesystem::path partial_path(std::string_view key) const;
  std::filesystem::path lock_path(std::string_view key) const;
  // What a command opens: the main file, or the folder.
  std::filesystem::path model_path(const Manifest& manifest) const;

  // Creates ROOT for its owner only, where it is not there, and the folders in it. kIo.
  Status create_folders() const;

  // By name. A manifest that cannot be read is an error that names it.
  Result<std::vector<Manifest>> list() const;

  // The model of that name, in any case; "NAME" also stands for the only "NAME:TAG". kNotFound,
  // with the nearest name; kConflict when several tags fit.
  Result<Manifest> find(std::string_view name) const;

  // Gives the model its name; replaces the one that had it. kConflict when a blob is not there
  // (another program may have removed it), kIo.
  Status publish(const Manifest& manifest) const;

  // Takes the name away, and deletes the blobs that no other model has; returns their bytes.
  Result<uint64_t> remove(const Manifest& manifest) const;

  // Deletes those blobs of `files` that no model has.
  Status discard(const std::vector<StoredFile>& files) const;

 private:
  std::filesystem::path manifest_path(std::string_view name) const;
  Status link_files(const Manifest& manifest) const;
  Result<uint64_t> delete_unused(const std::vector<StoredFile>& files) const;

  std::filesystem::path root_;
};

// $GANGLION_HOME, else $XDG_DATA_HOME/ganglion, else ~/.local/share/ganglion. `variable` gives the
// value of an environment variable, "" when it is not set. kNotFound when none is.
Result<std::filesystem::path> model_store_root(
    const std::function<std::string(const char*)>& variable);

// What `name_or_path` stands for, as commands take it: a path that exists or looks like one
// (it has a '/', or ends like a model file) as it is, else the stored model of that name.
Result<std::filesystem::path> resolve_model(const ModelStore& store, std::string_view name_or_path);

}  // namespace ganglion
