// The compiled parts of the header-only Boost libraries, built once.
#include <boost/json/src.hpp>
#include <boost/url/src.hpp>
