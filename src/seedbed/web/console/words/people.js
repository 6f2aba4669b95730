// The words of signing in by other means than a key.

export const en = {
  "people.with": "Continue with {label}",
  "people.as": "Continue as {name}",
  "people.or": "or with an API key",
  "people.leave": "Sign out of {label} as well",
  "people.text": "As yourself, or with an API key of this service.",
  "people.keys": "API keys",
};

export const ko = {
  "people.with": "{label} 계정으로 계속",
  "people.as": "{name} 님으로 계속",
  "people.or": "또는 API 키로",
  "people.leave": "{label}에서도 로그아웃",
  "people.text": "본인 계정이나 이 서비스의 API 키로 로그인하세요.",
  "people.keys": "API 키",
};
