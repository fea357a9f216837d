#include "report/figures.hpp"

#include <duktape.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "report/assets.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {

struct FigureScript::Engine {
  std::unique_ptr<duk_context, void (*)(duk_context*)> context{duk_create_heap_default(),
                                                               duk_destroy_heap};
};

namespace {

// What a browser has and the engine has not; no figure is animated, so timers never fire.
constexpr const char* kHost =
    "var globalThis = this, self = this, global = this;"
    "function setTimeout() { return 0; } function clearTimeout() {}";

[[noreturn]] void fail(duk_context* context) {
  throw Error(ErrorKind::system,
              fmt::format("the figures' script failed: {}", duk_safe_to_stacktrace(context, -1)));
}

}  // namespace

FigureScript::FigureScript() : engine_(std::make_unique<Engine>()) {
  duk_context* context = engine_->context.get();
  if (context == nullptr) throw std::bad_alloc();
  if (duk_peval_string(context, kHost) != 0) fail(context);
  duk_pop(context);
  const std::string_view script = render_script();
  if (duk_peval_lstring(context, script.data(), script.size()) != 0) fail(context);
  duk_pop(context);
}

FigureScript::~FigureScript() = default;

std::string FigureScript::call(const char* function, const std::vector<std::string>& arguments) {
  duk_context* context = engine_->context.get();
  duk_get_global_string(context, function);
  for (const std::string& argument : arguments) {
    duk_push_lstring(context, argument.data(), argument.size());
  }
  if (duk_pcall(context, static_cast<duk_idx_t>(arguments.size())) != 0) fail(context);
  duk_size_t size = 0;
  const char* text = duk_safe_to_lstring(context, -1, &size);
  std::string result(text, size);
  duk_pop(context);
  return result;
}

std::vector<std::string> FigureScript::names(const std::string& part, const std::string& json) {
  const std::string names = call("figureNames", {part, json});
  return names.empty() ? std::vector<std::string>() : split(names, ' ');
}

std::string FigureScript::svg(const std::string& name, const std::string& json) {
  return call("figureSvg", {name, json});
}

}  // namespace sweetspot::report
